# The VM process of the FAKE smolvm: `_boot-vm DIR/boot-config.json`. Namespaces stand in for the VM, so that what the guest
# sees of network, processes and files is its own; its root is this machine's root, without a capability's end.
dir=${2%/*}
exec 3<"$dir/guest-arguments" 4>"$dir/guest-info"
[ ! -e "$dir/memory" ] || { read -r file; echo 0 >"$file"; } <"$dir/memory"
exec 0</dev/null 1>/dev/null 2>"$dir/agent-console.log"
bwrap --args 3 --info-fd 4 -- /usr/bin/env -i --ignore-signal=CHLD /bin/sleep infinity &
exec 3<&- 4>&-
wait $!
