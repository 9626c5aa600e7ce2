#include "common/maillog/mailbox.h"

#include <utility>

#include "common/base/text.h"

namespace maillog {

void FieldFinder::read(std::string_view line, std::vector<Verdict>& out) {
  constexpr std::string_view kBegin = "From ";
  constexpr std::string_view kName = "Received-SPF:";
  line = base::strip_right(line);
  const bool is_begin = line.starts_with(kBegin) && is_after_empty_line_ && (is_first_line_ || is_mbox_);
  if (is_first_line_) is_mbox_ = is_begin;
  is_first_line_ = false;
  is_after_empty_line_ = line.empty();
  if (is_begin) {
    end_field(out);
    in_header_ = true;
    has_field_ = false;
    return;
  }
  if (!in_header_) return;
  const bool is_continued = !line.empty() && (line.front() == ' ' || line.front() == '\t');
  if (is_continued && in_field_ && field_.size() + line.size() <= kMaxField) field_ += line;
  if (is_continued) return;
  end_field(out);
  in_header_ = !line.empty();
  if (has_field_ || !base::starts_with_ignoring_case(line, kName)) return;
  has_field_ = in_field_ = true;
  field_ = line.substr(kName.size(), kMaxField);
}

void FieldFinder::finish(std::vector<Verdict>& out) {
  end_field(out);
  *this = {};
}

void FieldFinder::end_field(std::vector<Verdict>& out) {
  if (!in_field_) return;
  in_field_ = false;
  if (auto verdict = parse_received_spf(field_)) out.push_back(std::move(*verdict));
}

}  // namespace maillog
