#!/usr/bin/perl
# What the runner starts for each test: hands its arguments to the resident shim, prints what that says, and exits as it says. Node would take
# 35 ms to start; this takes 3. Without a resident shim, no test is implemented: so run.mjs learns what tests there are.
#
#   to the shim:  arguments, each with a NUL after it, then one more NUL
#   back:         exit code, a newline, and what belongs on stderr
use strict;
use Socket;

if (grep { $_ eq '-is-handshaker-supported' } @ARGV) {
    print "No\n";
    exit 0;
}
exit 89 unless defined $ENV{FOXTLS_BOGO_SOCKET};
socket(my $shim, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
connect($shim, pack_sockaddr_un($ENV{FOXTLS_BOGO_SOCKET})) or die "connect: $!";
my $request = join('', map { "$_\0" } @ARGV, '');
syswrite($shim, $request) == length $request or die "write: $!";
my $answer = '';
1 while sysread($shim, $answer, 65536, length $answer);
my ($code, $stderr) = split /\n/, $answer, 2;
print STDERR $stderr;
exit(length $code ? $code : 1);
