/**
 * For perl, run as the machine's root before anything else runs there: makes root the owner of every file of the image
 * that is somebody else's. Up to 1.8.0 all files of a pack belong to the user of the host who extracted it (issues 501 and
 * 938), who may be the agent inside. What is mounted, as all that the host shows is, stays as it is; so does where a link
 * leads.
 */
const ROOT_OWNS = `use strict; use POSIX ();
my %mounted;
open(my $mounts, "<", "/proc/self/mountinfo") or die "mounts: $!\\n";
while (<$mounts>) { my $place = (split / /)[4]; $place =~ s/\\\\([0-7]{3})/chr oct $1/ge; $mounted{$place} = 1 }
sub own {
  my ($path, $uid, $gid) = @_;
  return 1 if $uid == 0 && $gid == 0 || POSIX::lchown(0, 0, $path);
  $!{ENOENT} or die "$path: $!\\n";
}
own("/", (lstat "/")[4, 5]);
my @left = ("/");
while (defined(my $folder = pop @left)) {
  opendir(my $names, $folder) or die "$folder: $!\\n";
  for my $name (readdir $names) {
    next if $name eq "." || $name eq "..";
    my $path = $folder eq "/" ? "/$name" : "$folder/$name";
    next if $mounted{$path};
    my ($mode, $uid, $gid) = (lstat $path)[2, 4, 5];
    next unless defined $mode;
    own($path, $uid, $gid);
    push @left, $path if POSIX::S_ISDIR($mode);
  }
}`;

/** PURE: words that do this. */
export function ownershipWords(): string[] {
  return ["/usr/bin/perl", "-e", ROOT_OWNS];
}
