// Tries changes of a record for one client, without publishing them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/lint/change.h"
#include "common/lint/reach.h"
#include "common/lint/reader.h"
#include "common/lint/why_questions.h"

namespace lint {

// Returns the record with the term before its last word: before the first "all"; else before a redirect; else at its end.
std::string with_term(std::string_view record, std::string_view term);

// The clients of both families, as far as they are known.
using Reaches = PerFamily<Reach>;
Reaches reaches_of(const Tree& tree, const spf::Limits& rules, const Limits& bounds);

class Changes {
 public:
  // `tree` is that of the query's domain, and `record` the text of its record. All must outlive the object.
  Changes(const spf::Query& query, const spf::Limits& rules, const Limits& bounds, const Tree& tree, const Reaches& before,
          std::string_view record, WhyQuestions& questions)
      : query_(query), rules_(rules), bounds_(bounds), tree_(tree), before_(before), record_(record), questions_(questions) {}

  enum class Effect : std::uint8_t {
    waits,    // a question is open
    fits,     // the client passes, or gets a result if that is enough, within the limits for all clients
    useless,  // the client does not pass
    harmful,  // the limits are exceeded, for the client or for others (RFC 7208 §4.6.4)
    unknown,  // the client passes, but the changed record could not be examined completely
  };
  struct Trial {
    Effect effect = Effect::useless;
    Change change;
    spf::Result result = spf::Result::none;  // of the client
  };
  // Tries the record with a further term, with which the client is to pass.
  Trial try_term(std::string_view term);
  // Tries another record of a name. `must_pass`: the client is to pass; otherwise it need only get a result.
  Trial try_record(const dns::Name& name, std::string record, bool must_pass);

 private:
  [[nodiscard]] bool is_harmless(const Reaches& after) const;

  const spf::Query& query_;
  const spf::Limits& rules_;
  const Limits& bounds_;
  const Tree& tree_;
  const Reaches& before_;
  std::string_view record_;
  WhyQuestions& questions_;
};

}  // namespace lint
