// Examines the SPF record of a domain: the whole tree of records, for every client, and what is wrong with it.
//
// Pure and a step (io::Driver::Step), like spf::evaluate(): no I/O, no clock, no state between calls. Each call starts from the
// beginning, gets as far as the known answers allow, and returns all questions of a round at once.
#pragma once

#include "common/lint/reader.h"
#include "common/lint/report.h"
#include "common/spf/answers.h"

namespace lint {

// Replaces `report`, which is complete when no question is needed. Until then it has only a part of the tree.
spf::Needs examine(const Subject& subject, spf::AnswerSource& answers, Report& report);

}  // namespace lint
