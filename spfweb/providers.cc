#include "spfweb/providers.h"

namespace spfweb {

std::span<const Provider> providers() {
  static constexpr Provider kProviders[] = {
      {"ses", "Amazon SES", "amazonses.com"},
      {"brevo", "Brevo", "spf.brevo.com"},
      {"fastmail", "Fastmail", "spf.messagingengine.com"},
      {"gandi", "Gandi", "_mailcust.gandi.net"},
      {"google", "Google Workspace", "_spf.google.com"},
      {"hostinger", "Hostinger", "_spf.mail.hostinger.com"},
      {"mailgun", "Mailgun", "mailgun.org"},
      {"mailjet", "Mailjet", "spf.mailjet.com"},
      {"microsoft", "Microsoft 365", "spf.protection.outlook.com"},
      {"ovh", "OVHcloud", "mx.ovh.com"},
      {"postmark", "Postmark", "spf.mtasv.net"},
      {"proton", "Proton Mail", "_spf.protonmail.ch"},
      {"salesforce", "Salesforce", "_spf.salesforce.com"},
      {"sendgrid", "SendGrid", "sendgrid.net"},
      {"yandex", "Yandex 360", "_spf.yandex.net"},
      {"zendesk", "Zendesk", "mail.zendesk.com"},
      {"zoho", "Zoho Mail", "zohomail.com"},
  };
  return kProviders;
}

}  // namespace spfweb
