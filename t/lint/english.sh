#!/bin/bash
# Comments, documents, manual pages and the names of test cases are free of phrases that make readers stumble. Each phrase below
# has a plain one, which the finding names. Text in quotes and in code samples is not checked.
. "$(dirname "$0")/tree.bash"

# Right where they are: "file: regular expression of the line".
allowed=(
)

mapfile -t texts < <(printf '%s\n' "${files[@]}" |
  grep -vE '^t/fuzz/corpus/|^LICENSE$|^debian/copyright$|\.(tsv|yml|png|der|bin|dict|options|txt|gnuplot)$|^\.clang')

check_english() {
  printf '%s\n' "${allowed[@]}" | perl -CSD -e '
    use strict;
    use utf8;

    # In the text that is searched, \x02 is the start of a paragraph.
    my $start = qr/(?:\x02[\s*|#-]*|[.!]\s+)/;
    my @habits = (
      [qr/(?<!\bleft\s)\bbehind\b/i, "after"],
      [qr/\b(?:stands?|stood)\b(?!-|\s+for\b)/i, "is, are"],
      [qr/(?<!\bthere\s)\b(?:is|are|was|were)\s+no\s+(?!(?:longer|more|less|later|earlier)\b)[a-z]+/i, "is not a"],
      [qr/\b(?:tells?|told|telling)\b/i, "report, say, state, show"],
      [qr/$start\K(?:What|Whatever|Who|Whom|Whose|Whoever|Whichever)\s(?![^.?!\x02]*\?)/, "start with the subject or the verb"],
      [qr/$start\K(?!Of\s+course)Of\s/, "start with the subject or the verb"],
      [qr/\x02[\s*]*\KWhere\s(?![^.?!\x02]*[?,])/, "start with a noun"],
      [qr/\x02[\s*]*\K(?:Likewise\.|likewise$)/m, "say what is alike"],
      [qr/\bwhoever\b/, "a client that, anybody who"],
      [qr/\bone\s+an?\s+[a-z]+/i, "one per"],
      [qr/(?<![.:])\b(?:\d+|(?:answer|byte|check|connection|line|look-up|message|packet|query|queries|question|request)s?)
          \s+an?\s+(?:second|minute|hour|core|worker|client|connection)\b/ix, "per"],
      [qr/\bany\s+more\b/i, "no longer"],
      [qr/\bmakes?\s+of\b/i, "say what is done with it"],
      [qr/\bso\s+far\s+as\b/i, "if, as far as"],
      [qr/\b(?:go|goes|going|gone|went)\s+on\b/i, "continue, keep running"],
      [qr/\ball\s+the\s+same\b/i, "nevertheless"],
      [qr/\bfor\s+good\b/i, "permanently"],
      [qr/\bof\s+that\s+time\b/i, "earlier, in use then"],
      [qr/\b(?:hold|holds|held|holding)\s+(?:(?:it|them)\s+)?up\b/i, "block, delay"],
      [qr/\b(?:take|takes|took|taken)\s+the\s+place\s+of\b/i, "replace"],
      [qr/\bspeaks?\b/i, "use, support"],
      [qr/\b(?:come|comes|came)\s+to\s+(?:an\s+end|no\s+end|nothing)\b/i, "end, have no effect"],
      [qr/\bnearly\s+(?:is|are)\b/i, "resemble"],
      [qr/\bbelongs?\s+to\s+no\b/i, "does not belong to a"],
    );

    # Lines of a file, of which only the text is left; undef: none.
    my $quoted = qr/"[^"\n]*"|`[^`\n]*`/;
    sub in_code {
      my ($source) = @_;
      my @lines;
      my $line = 0;
      while ($source =~ m{\G(?:(\n)|R"(\w*)\(.*?\)\2"|\b(?:TEST_CASE|SUBCASE|TEST_SUITE)\w*\("((?:\\.|[^"\\\n])*)"
                          |"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27|//([^\n]*)|/\*(.*?)\*/|\d[\w\x27]*|\w+|.)}gxs) {
        if (defined $1) { $line++; next }
        my ($name, $comment) = ($3, $4 // $5);
        if (defined $name) { $lines[$line] = "\x02$name\x02" }
        elsif (defined $comment) {
          my $alone = substr($source, 0, $-[0]) =~ /(?:\A|\n)[ \t]*\z/;
          $lines[$line + $_] = (split /\n/, $comment)[$_] for 0 .. ($comment =~ tr/\n//);
          $lines[$line] = "\x02$lines[$line]" unless $alone && $line && defined $lines[$line - 1];
        }
        $line += ($& =~ tr/\n//);
      }
      return @lines;
    }
    sub in_script {
      my ($source, $is_python) = @_;
      my $in_docstring = 0;
      return map {
        my $quotes = $is_python ? () = /"""/g : 0;
        my $is_docstring = $in_docstring || $quotes;
        my $is_first = !$in_docstring;
        $in_docstring = !$in_docstring if $quotes % 2;
        s/\x27[^\x27\n]*#[^\x27\n]*\x27|"[^"\n]*#[^"\n]*"//g;
        $is_docstring ? ($is_first ? "\x02" : "") . s/"""/ /gr : /^\s*(?:#(?!!)|dnl |--)\s?(.*)/ ? $1 : /\s(?:#|dnl) (.*)/ ? "\x02$1" : undef;
      } split /\n/, $source;
    }
    sub in_page {
      my ($source) = @_;
      my $literal = 0;
      return map {
        $literal = 1 if /^\.Bd -literal/;
        $literal = 0 if /^\.Ed/;
        if ($literal || /^\.\\"|^\.D[l1] /) { undef }
        elsif (/^\.(?:Pp|Sh|Ss|Bl|El|Bd|Ed)/) { "\x02" }
        elsif (/^\.It ?(.*)/) { "\x02$1\x02" }
        else { s/^\.[A-Z][a-z] //r }
      } split /\n/, $source;
    }
    sub in_document {
      my ($source) = @_;
      my $literal = 0;
      return map {
        $literal = !$literal if /^\s*```/;
        $literal || /^\s*```|^    / ? undef : /^\s*[-*|#\d]/ ? "\x02$_" : /\S/ ? $_ : "\x02";
      } split /\n/, $source;
    }

    my @allowed = map { [/^([^:]+): (.+)/] } grep { /\S/ } <STDIN>;
    for my $file (@ARGV) {
      open my $in, "<", $file or die "$file: $!";
      my $source = join "", <$in>;
      my @lines = $file =~ /\.(?:cc|h)$/ ? in_code($source) : $file =~ /\.[1-8]$/ ? in_page($source)
        : $file =~ /\.md$|README|changelog/ ? in_document($source) : in_script($source, $file =~ /\.py$/);
      my $text = join "", map { defined ? "$_\n" : "\x02\n" } @lines;
      $text =~ s/($quoted)/"\x27" . "q" x (length($1) - 2) . "\x27"/ge;
      for my $habit (@habits) {
        while ($text =~ /$habit->[0]/g) {
          my ($found, $place) = ($&, 1 + substr($text, 0, $-[0]) =~ tr/\n//);
          my $line = (split /\n/, $source)[$place - 1];
          next if grep { $_->[0] eq $file && $line =~ /$_->[1]/ } @allowed;
          $found =~ s/\s+/ /g;
          print "$file:$place: \"$found\" rather: $habit->[1]\n";
        }
      }
    }' "${texts[@]}" | sort -t: -k1,1 -k2,2n
}
report check_english
