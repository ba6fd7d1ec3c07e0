# Layers of images for the FAKE smolvm.
#   layers.py merge OUT LAYER...      one tar of what a container of these layers sees (plain tars, whiteouts obeyed)
#   layers.py unpack IN FOLDER OWNER  into a new folder; OWNER: a uid whom everything belongs to, or - for the owners inside
import copy, os, posixpath, sys, tarfile

def place(name):
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        sys.exit(f"a layer has a name that leads out: {name}")
    return "/".join(parts)

class Tree:
    def __init__(self):
        self.entries = {}

    # Where a name leads: links in front of its last part are followed within the tree.
    def real(self, name):
        rest, done, hops = name.split("/"), [], 0
        while len(rest) > 1:
            part = rest.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            path = "/".join([*done, part])
            info = self.entries.get(path, (None,))[0]
            if info is not None and info.issym():
                hops += 1
                if hops > 40:
                    sys.exit(f"too many links: {name}")
                if info.linkname.startswith("/"):
                    done = []
                rest = info.linkname.split("/") + rest
                continue
            done.append(part)
        return "/".join([*done, *rest])

    def drop(self, path, below):
        for one in [one for one in self.entries if one == path or one.startswith(f"{path}/") or path == ""]:
            if self.entries[one][2] < below:
                del self.entries[one]

    def add(self, path, info, archive, layer):
        parts = path.split("/")
        for end in range(1, len(parts)):
            over = self.entries.get("/".join(parts[:end]))
            if over is not None and not over[0].isdir():
                del self.entries["/".join(parts[:end])]
        old = self.entries.get(path)
        if old is not None and not info.isdir():
            self.drop(path, layer + 1)
        self.entries[path] = (info, archive, layer)

def merge(out, layers):
    tree = Tree()
    for number, layer in enumerate(layers):
        archive = tarfile.open(layer, "r:")
        for info in archive:
            path = place(info.name)
            if path == "":
                continue
            path = tree.real(path)
            folder, base = posixpath.split(path)
            if base == ".wh..wh..opq":
                kept = tree.entries.get(folder)
                tree.drop(folder, number)
                if kept is not None and kept[0].isdir():
                    tree.entries.setdefault(folder, kept)
            elif base.startswith(".wh."):
                tree.drop(posixpath.join(folder, base[4:]), number)
            elif info.islnk():
                # Written as a file of its own: what it is linked with may be gone by the last layer.
                target = tree.entries.get(tree.real(place(info.linkname)))
                if target is None or not target[0].isreg():
                    sys.exit(f"a link to what is no file: {info.name}")
                tree.add(path, target[0], target[1], number)
            else:
                tree.add(path, info, archive, number)
    with tarfile.open(out, "w:", format=tarfile.PAX_FORMAT) as merged:
        for path in sorted(tree.entries):
            info, archive, _ = tree.entries[path]
            content = archive.extractfile(info) if info.isreg() else None
            info = copy.copy(info)
            info.name = path
            info.pax_headers = {key: text for key, text in info.pax_headers.items() if key not in ("path", "size")}
            merged.addfile(info, content)

def unpack(source, folder, owner):
    os.mkdir(folder, 0o755)
    with tarfile.open(source, "r:") as archive:
        members = archive.getmembers()
        for info in members:
            place(info.name)
            if owner != "-":
                info.uid = info.gid = int(owner)
        archive.extractall(folder, members, numeric_owner=True)
    if owner != "-":
        for top, folders, files in os.walk(folder):
            for one in [top, *(os.path.join(top, name) for name in [*folders, *files])]:
                if os.lstat(one).st_uid != int(owner):
                    os.chown(one, int(owner), int(owner), follow_symlinks=False)

if sys.argv[1] == "merge":
    merge(sys.argv[2], sys.argv[3:])
else:
    unpack(*sys.argv[2:5])
