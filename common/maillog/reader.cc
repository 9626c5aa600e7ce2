#include "common/maillog/reader.h"

#include "common/maillog/exim.h"
#include "common/maillog/postfix.h"
#include "common/maillog/sendmail.h"

namespace maillog {

std::unique_ptr<Reader> make_reader(Format format, Baseline baseline) {
  switch (format) {
    case Format::exim: return std::make_unique<EximReader>(baseline);
    case Format::postfix: return std::make_unique<PostfixReader>(baseline);
    case Format::sendmail: return std::make_unique<SendmailReader>(baseline);
  }
  return nullptr;
}

}  // namespace maillog
