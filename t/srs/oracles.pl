# Compares our srs with Mail::SRS, Debian's srs and postsrsd. Started by oracles.sh: OUR_SRS PEERS_ROOT WORK_FOLDER
use strict;
use warnings;

# Mail::SRS binds time() when it is compiled; here it gets our own.
my $now;
BEGIN { *CORE::GLOBAL::time = sub () { defined $now ? $now : CORE::time() } }

use IO::Socket::INET;
use Mail::SRS;
use POSIX qw(strftime);

my ($srs, $root, $work) = @ARGV;
my ($passed, $failed) = (0, 0);
my %refused;  # requests that both refused
my %asked;
srand($ENV{SEED});
# If the case of the hash has changed, Mail::SRS warns and accepts it.
local $SIG{__WARN__} = sub { warn @_ unless $_[0] =~ /Case insensitive hash match|uninitialized value .*Mail.SRS/ };

# Returns the mailbox that an address names. We write valid local parts, with quotes around the whole if needed; others do not.
sub mailbox {
  my ($address) = @_;
  my ($local, $domain) = $address =~ /^(.*)@(.*)$/s or return $address;
  $local =~ s/\\(.)/$1/gs if $local =~ s/^"(.*)"$/$1/s;
  return "$local\@$domain";
}

sub same {
  my ($what, $input, $ours, $theirs, $options) = @_;
  $asked{$what}++;
  $refused{$what} += $ours eq '' && $theirs eq '' ? 1 : 0;
  # Others sign the quotes of a quoted sender, too. Whether we reverse their addresses is tested separately.
  my $differs = $input =~ /^"/ ? ($ours eq '') != ($theirs eq '') : mailbox($ours) ne mailbox($theirs);
  if (!$differs) { $passed++; return; }
  $failed++;
  print "$what: $input\n" . (defined $options ? "  options: $options\n" : '') . "  ours:   $ours\n  theirs: $theirs\n" if $failed <= 20;
}

sub pick { $_[rand @_] }
sub text {
  my ($characters, $least, $most) = @_;
  my @from = split //, $characters;
  return join '', map { pick(@from) } 1 .. $least + int rand($most - $least + 1);
}
sub domain { text('abcXYZ019-', 1, 8) . '.' . pick(qw(example org Example.COM x--y.test)) }
sub local_part {
  my $kind = int rand 8;
  return '"' . text('abcXYZ019 .=+-<>,;:()[]', 1, 10) . '"' if $kind == 0;
  return pick(qw(SRS0 srs0)) . text('=+-', 1, 1) . text('abAB01=+-', 1, 14) if $kind == 1;
  # SRS1 with all its fields: what others write for an incomplete one could not be reversed.
  return pick(qw(SRS1 Srs1)) . text('=+-', 1, 1) . text('abAB01', 1, 4) . '=' . domain() . '=' . text('=+-', 1, 1) . text('abAB01=+-', 1, 14)
    if $kind == 2;
  return text('abcXYZ019', 1, 1) . text("abcXYZ019.=+-_!#\$&'*/?^`{|}~%", 0, 20);
}
my @addresses = map { local_part() . '@' . domain() } 1 .. $ENV{COUNT};

# Returns our srs's answer for each address; empty if it was refused.
sub ours {
  my ($options, @input) = @_;
  open my $file, '>', "$work/input" or die "$work/input: $!";
  print $file "$_\n" for @input;
  close $file;
  my $command = join ' ', map { my $word = $_; $word =~ s/'/'\\''/g; "'$word'" } $srs, '--max-local-part=254', @$options;
  my @output = `$command <'$work/input' 2>/dev/null`;
  chomp @output;
  die "our srs gave " . scalar(@output) . " lines for " . scalar(@input) if @output != @input;
  return @output;
}

sub theirs {
  my ($call) = @_;
  my $result = eval { $call->() };
  return defined $result ? $result : '';
}

# Returns an address that was changed. The hash covers everything except the borders between the fields.
sub tampered {
  my ($address) = @_;
  my ($local, $domain) = $address =~ /^(.*)@(.*)$/;
  my $at = 5 + int rand(length($local) - 5);
  substr($local, $at, 1) = pick('a' .. 'z', 'A' .. 'Z', 0 .. 9);
  return "$local\@$domain";
}

sub with_mail_srs {
  for my $round (1 .. 8) {
    my $day = 10957 + int rand 20000;
    my $alias = domain();
    my @secrets = map { text('abcXYZ !#%&/=+', 1, 70) } 1 .. 1 + int rand 3;
    s/ +$/x/ for @secrets;
    my %config = (Separator => pick('=', '+', '-'), HashLength => pick(1, 4, 4, 8, 27), AlwaysRewrite => pick(0, 1));
    my @options = (map({ "--secret=$_" } @secrets), "--separator=$config{Separator}", "--hashlength=$config{HashLength}");
    my $date = sub { '--date=' . strftime('%Y-%m-%d', gmtime($_[0] * 86400)) };
    my $mail_srs = Mail::SRS->new(Secret => \@secrets, MaxAge => 21, %config);

    my @here = @addresses[map { int rand @addresses } 1 .. $ENV{COUNT} / 4];
    push @here, map { local_part() . '@' . $alias } 1 .. 20;
    # One of our own addresses as sender: Mail::SRS would wrap it once more.
    @here = grep { !$config{AlwaysRewrite} || !/^srs[01].*@\Q$alias\E$/i } @here;
    $now = $day * 86400 + int rand 86400;
    my @forward = ours([@options, $date->($day), "--alias=$alias", ($config{AlwaysRewrite} ? '--always-rewrite' : ())], @here);
    my @theirs = map { my $sender = $_; theirs(sub { $mail_srs->forward($sender, $alias) }) } @here;
    same('forward, Mail::SRS', $here[$_], $forward[$_], $theirs[$_]) for 0 .. $#here;
    # Without slashes only the hash differs, and both forms are reversed.
    my @plain = ours([@options, '--no-slash', $date->($day), "--alias=$alias", ($config{AlwaysRewrite} ? '--always-rewrite' : ())], @here);
    for my $i (0 .. $#here) {
      my $plain = $plain[$i];
      $plain =~ s{^("?SRS[01][-+=])([^=]*)}{my ($tag, $hash) = ($1, $2); $hash =~ tr|_|/|; $tag . $hash}e if $plain ne $here[$i];
      same('forward without slashes', $here[$i], $plain, $forward[$i]);
    }
    my @home = ours([@options, $date->($day), '--reverse'], @plain);
    my @home_with = ours([@options, $date->($day), '--reverse'], @forward);
    same('reverse without slashes', $plain[$_], $home[$_], $home_with[$_]) for 0 .. $#here;

    my @back;
    for my $address (grep { /^SRS[01]/ } @theirs) {
      # With a hash of one character every 38th forgery is right; then the address that it yields must be a valid one.
      push @back, $address, pick(lc $address, uc $address, $address, $config{HashLength} > 1 ? tampered($address) : ());
    }
    my $later = $day + pick(0, 1, 20, 21, 22, 23, 500, 1023, 1024);
    $now = $later * 86400 + int rand 86400;
    my @reverse = ours([@options, $date->($later), '--reverse'], @back);
    for my $i (0 .. $#back) {
      my $theirs = theirs(sub { $mail_srs->reverse($back[$i]) });
      same('reverse, Mail::SRS', $back[$i], $reverse[$i], $theirs, join(' ', @options, 'days later:', $later - $day));
    }
  }
  undef $now;
}

# The program, with words as shells and servers pass them. It ends at the first address that it refuses.
sub with_program {
  open my $file, '>', "$work/secrets" or die "$work/secrets: $!";
  print $file "# secrets\n\nfirst one\nsecond\n";
  close $file;
  chmod 0600, "$work/secrets";
  my @here = @addresses[0 .. ($#addresses < 199 ? $#addresses : 199)];
  my $run = sub {
    my @words = @_;
    open my $pipe, '-|', @words or die "$words[0]: $!";
    my @lines = <$pipe>;
    close $pipe;
    chomp @lines;
    return @lines;
  };
  my @theirs = ('/usr/bin/perl', "$root/usr/bin/srs");
  my @ours = ($srs, '--max-local-part=254');
  for my $options (['--secret=s3cr3t', '--separator=+'], ['-secret', 's', '--hash=6', '--secretfile', "$work/secrets"]) {
    my ($a, $b, @ours_out, @theirs_out);
    do {  # repeated if it was midnight in between
      $a = int(time / 86400);
      @theirs_out = $run->(@theirs, @$options, '--alias=bob@alias.example', '--', @here);
      @ours_out = $run->(@ours, @$options, '--alias=bob@alias.example', '--', @here);
      $b = int(time / 86400);
    } while $a != $b;
    same('srs', $here[$_], $ours_out[$_] // '', $theirs_out[$_] // '') for 0 .. $#here;
    my @signed = grep { /^SRS/ } @theirs_out;
    my @home = $run->(@ours, @$options, '--reverse', '--', @signed);
    my @their_home = $run->(@theirs, @$options, '--reverse', '--', @signed);
    same('srs --reverse', $signed[$_], $home[$_] // '', $their_home[$_] // '') for 0 .. $#signed;
  }
  # Only the secrets of a file: they sign with the line end, and we accept that.
  my @signed = grep { /^SRS/ } $run->(@theirs, "--secretfile=$work/secrets", '--alias=alias.example', '--', @here);
  my @home = $run->(@ours, "--secretfile=$work/secrets", '--reverse', '--', @signed);
  my @their_home = $run->(@theirs, "--secretfile=$work/secrets", '--reverse', '--', @signed);
  same('srs --reverse, secrets of a file', $signed[$_], $home[$_] // '', $their_home[$_] // '') for 0 .. $#signed;
}

# Returns the listening sockets of a process, which has chosen free ports.
sub ports_of {
  my ($pid) = @_;
  my %inodes;
  for my $link (glob "/proc/$pid/fd/*") {
    my $to = readlink $link;
    $inodes{$1} = 1 if defined $to && $to =~ /^socket:\[(\d+)\]/;
  }
  my @ports;
  open my $table, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!";
  while (<$table>) {
    my @fields = split;
    next unless $fields[3] eq '0A' && $inodes{$fields[9]};
    push @ports, hex((split /:/, $fields[1])[1]);
  }
  return @ports;
}

sub coded { my ($text) = @_; $text =~ s/([% \x00-\x1f\x7f-\xff])/sprintf '%%%02x', ord $1/ge; return $text }

sub ask {
  my ($socket, $key) = @_;
  print $socket 'get ' . coded($key) . "\n";
  my $line = <$socket>;
  die "postsrsd does not answer" unless defined $line;
  return '' unless $line =~ /^200 (.*)\n/;
  my $value = $1;
  $value =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge;
  return $value;
}

my $postsrsd;
END {
  my $status = $?;
  kill 'TERM', $postsrsd if $postsrsd;
  $? = $status;
}

sub with_postsrsd {
  open my $file, '>', "$work/postsrsd.secret" or die $!;
  print $file "one secret\nan old one\n";
  close $file;
  chmod 0600, "$work/postsrsd.secret";
  for my $separator ('=', '+', '-') {
    $postsrsd = fork // die "fork: $!";
    if ($postsrsd == 0) {
      open STDERR, '>', "$work/postsrsd.log";
      { exec "$root/usr/sbin/postsrsd", "-s$work/postsrsd.secret", '-dalias.example', "-a$separator", '-f0', '-r0', '-4' }
      POSIX::_exit(127);
    }
    my @ports;
    for (1 .. 300) {
      @ports = ports_of($postsrsd);
      last if @ports == 2;
      select undef, undef, undef, 0.1;
    }
    my %sockets;
    for my $port (@ports) {
      my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 30) or die "postsrsd: $!";
      $sockets{ask($socket, 'probe@probe.example') eq '' ? 'reverse' : 'forward'} = $socket;
    }
    die "postsrsd does not listen" unless $sockets{forward} && $sockets{reverse};
    my @options = ("--secretfile=$work/postsrsd.secret", "--separator=$separator");
    my ($before, @here, @forward, @theirs, @back, @ours_back, @theirs_back);
    do {
      $before = int(time / 86400);
      @here = grep { length($_) < 150 } @addresses;
      @forward = ours([@options, '--alias=alias.example'], @here);
      @theirs = map { ask($sockets{forward}, $_) } @here;
      @back = map { ($_, pick(lc $_, uc $_, tampered($_))) } grep { /^SRS/ } @theirs;
      @ours_back = ours([@options, '--reverse'], @back);
      @theirs_back = map { ask($sockets{reverse}, $_) } @back;
    } while $before != int(time / 86400);
    same('forward, postsrsd', $here[$_], $forward[$_], $theirs[$_]) for 0 .. $#here;
    same('reverse, postsrsd', $back[$_], $ours_back[$_], $theirs_back[$_]) for 0 .. $#back;
    kill 'TERM', $postsrsd;
    waitpid $postsrsd, 0;
    undef $postsrsd;
  }
}

with_mail_srs();
with_program();
with_postsrsd();
printf "%-40s %6d asked, %6d refused by both\n", $_, $asked{$_}, $refused{$_} for sort keys %asked;
print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
