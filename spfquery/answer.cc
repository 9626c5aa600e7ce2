#include "spfquery/answer.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/machine_name.h"
#include "common/protocol/query_client.h"
#include "common/receiver/receiver.h"
#include "common/spf/result.h"
#include "spfquery/report.h"
#include "spfquery/tree.h"

namespace spfquery {

namespace {

using protocol::answer_value;

std::string four_lines(std::string_view result, std::string_view smtp_comment, std::string_view header_comment,
                       std::string_view header) {
  return fmt::format("{}\n{}\n{}\n{}\n", base::printable(result), base::printable(smtp_comment), base::printable(header_comment),
                     base::printable(header));
}

// Returns the explanation in the lines.
receiver::Why why_of(std::string_view lines) {
  receiver::Why why;
  if (const std::string_view text = answer_value(lines, "why"); !text.empty()) why.sentences.emplace_back(text);
  const std::string_view missing = answer_value(lines, "why_missing");
  if (!missing.empty()) why.missing.emplace_back(missing);
  if (why.sentences.empty() && missing.empty()) why.missing.emplace_back("the server does not explain");
  const std::string_view record = answer_value(lines, "change_record");
  if (!record.empty()) why.change = {std::string(answer_value(lines, "change_name")), std::string(record), 0};
  return why;
}

// Returns the result, which is the first member of the JSON objects of spfd; empty: this is not such an object.
std::string_view result_of_json(std::string_view object) {
  constexpr std::string_view kBegin = "{\"result\": \"";
  if (!object.starts_with(kBegin) || !object.ends_with('}')) return {};
  const std::string_view rest = object.substr(kBegin.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

int exit_code(std::string_view result) {
  // The "unknown" of Mail::SPF::Query may be followed by the term at fault.
  result = result.substr(0, result.find(' '));
  constexpr std::array<std::pair<std::string_view, int>, 9> kCodes = {{{"pass", 0},
                                                                       {"fail", 1},
                                                                       {"softfail", 2},
                                                                       {"neutral", 3},
                                                                       {"permerror", 4},
                                                                       {"unknown", 4},
                                                                       {"temperror", kExitTemperror},
                                                                       {"error", kExitTemperror},
                                                                       {"none", 6}}};
  const auto found = std::find_if(kCodes.begin(), kCodes.end(), [result](const auto& code) { return code.first == result; });
  return found == kCodes.end() ? kExitUsage : found->second;
}

Answer make_answer(const receiver::Reply& reply, const protocol::QueryLines& asked, const Options& options) {
  Answer answer;
  answer.exit_code = exit_code(spf::result_name(reply.result));
  const bool is_json = asked.format == protocol::Format::json;
  if (options.policy.spf.trace) {
    static const TreeStyle style = tree_style(options.trace ? STDOUT_FILENO : STDERR_FILENO);
    if (!options.trace) answer.verbose = tree(reply, asked.request, options.policy.spf.limits, style);
    if (options.trace && !is_json) answer.output = tree(reply, asked.request, options.policy.spf.limits, style) + '\n';
  }
  if (is_json) {
    protocol::append_reply(reply, asked.format, asked.id, {}, answer.output);
    if (options.trace) answer.output.insert(answer.output.rfind('}'), ", \"trace\": " + json_trace(reply.trace));
  } else {
    answer.output +=
        four_lines(spf::result_name(reply.result), reply.smtp_comment, reply.header_comment, reply.received_spf_header);
    if (reply.why) answer.output += why_text(*reply.why, tree_style(STDOUT_FILENO));
  }
  return answer;
}

Answer read_answer(std::string_view bytes, const protocol::QueryLines& asked, const Options& options) {
  Answer answer;
  if (asked.format == protocol::Format::json) {
    const std::string_view object = base::strip_right(bytes.substr(0, bytes.find('\n')));
    const std::string_view result = result_of_json(object);
    if (exit_code(result) == kExitUsage) return no_answer("the server's answer is not in JSON", asked, options);
    answer.exit_code = exit_code(result);
    answer.output = base::printable(object) + '\n';
    return answer;
  }
  const std::string_view result = answer_value(bytes, "result");
  if (exit_code(result) == kExitUsage) return no_answer("there is no result in the server's answer", asked, options);
  const std::string_view comment = answer_value(bytes, "header_comment");
  std::string header(answer_value(bytes, "received_spf_header"));
  // The spfd of Mail::SPF::Query leaves the header to its clients.
  if (header.empty()) header = fmt::format("Received-SPF: {} ({})", result, comment);
  answer.exit_code = exit_code(result);
  answer.output = four_lines(result, answer_value(bytes, "smtp_comment"), comment, header);
  if (asked.request.explain) answer.output += why_text(why_of(bytes), tree_style(STDOUT_FILENO));
  if (const std::string_view error = answer_value(bytes, "error"); !error.empty())
    answer.complaint = "the server says: " + base::printable(error);
  return answer;
}

Answer no_answer(std::string_view why, const protocol::QueryLines& asked, const Options& options) {
  static const std::string name = io::machine_name();
  receiver::Policy policy;
  policy.hostname = options.receiver.empty() ? name : options.receiver;
  policy.bad_request_result = spf::Result::temperror;
  Answer answer = make_answer(receiver::bad_request(policy, why), asked, options);
  answer.complaint = why;
  return answer;
}

}  // namespace spfquery
