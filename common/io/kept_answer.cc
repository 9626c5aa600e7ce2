#include "common/io/kept_answer.h"

#include <utility>
#include <variant>
#include <vector>

#include "common/spf/macro.h"
#include "common/spf/record.h"

namespace io {

namespace {

std::size_t heap(const std::string& text) {
  static const std::size_t kInPlace = std::string().capacity();  // short texts are in the string object itself
  return text.capacity() <= kInPlace ? 0 : heap_block(text.capacity() + 1);
}

template <class T>
std::size_t heap(const std::vector<T>& values) {
  return heap_block(values.capacity() * sizeof(T));
}

std::size_t heap(const std::vector<std::string>& texts) {
  std::size_t bytes = heap_block(texts.capacity() * sizeof(std::string));
  for (const std::string& text : texts) bytes += heap(text);
  return bytes;
}

std::size_t heap(const dns::Answer& answer) {
  std::size_t bytes = heap(answer.addresses) + heap(answer.names) + heap(answer.texts) + heap(answer.problem);
  if (const auto* borders = answer.borders.get()) bytes += heap_block(sizeof(std::vector<dns::Border>)) + heap(*borders);
  return bytes;
}

struct RecordBytes {
  std::size_t operator()(const spf::NoRecord& none) const { return heap(none.near_miss); }
  std::size_t operator()(const spf::SeveralRecords& /*several*/) const { return 0; }
  std::size_t operator()(const spf::BrokenRecord& broken) const {
    return heap(broken.text) + heap(broken.error.term) + heap(broken.error.message);
  }
  std::size_t operator()(const spf::Record& record) const {
    std::size_t bytes = heap(record.text) + heap(record.directives) + heap(record.domain_specs);
    for (const spf::MacroString& spec : record.domain_specs) bytes += heap(spec.text()) + heap_block(spec.parts_bytes());
    return bytes;
  }
};

constexpr std::size_t kCounts = 16;  // the counters that std::make_shared puts before the object

}  // namespace

KeptAnswer::KeptAnswer(dns::Answer from, Clock::time_point when, std::shared_ptr<const KeptAnswer> expired)
    : KnownAnswer(std::move(from)),
      came(when),
      stale(std::move(expired)),
      bytes(heap_block(sizeof(KeptAnswer) + kCounts) + heap(answer) + std::visit(RecordBytes{}, record) +
            (stale == nullptr ? 0 : stale->bytes)) {}

SharedAnswer own_failure(std::string problem) {
  return std::make_shared<const KeptAnswer>(dns::failure_answer(std::move(problem), dns::Cause::local), KeptAnswer::kAgeless);
}

}  // namespace io
