# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# debian-archive.sh - Debian's packages, downloaded and unpacked, for scripts that source it
#
# With lists of their own, from the archive that this machine's apt is configured for: its
# package database and its lists stay as they are. Who sources it sets me (its name, for
# messages), cache, suite, arch and native: use_archive, lock, update, then resolve and unpack.
#
# shellcheck disable=SC2154 # those

say() {
	printf '%s: %s\n' "$me" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# Exit code 77: what is asked for is not to be had here
cannot() {
	say "$*"
	exit 77
}

os() { # NAME: a word of os-release
	sed -n "s/^$1=\"*\([^\"]*\)\"*\$/\1/p" /etc/os-release 2>/dev/null || true
}

archive_of() { # SUITE
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages' 2>/dev/null |
		sed -n "s/ $1\$//p" | head -n 1
}

# From here on; for a machine with what $1 says is installed, or with nothing
use_archive() { # [STATUS]
	base=${suite%-backports}
	status_of=${1:-/dev/null}
	lists=$cache/archives/$suite-$arch${1:+-here}
}

# Two at once would fill the same folders: the second waits for the first.
lock() { # NAME FOLDER...: whose temporary folders are left by one that was killed
	mkdir -p "$lists/state/lists/partial" "$lists/cache/archives/partial"
	exec 8>"$cache/archives/.lock-$1"
	if command -v flock >/dev/null; then
		flock -n 8 || {
			say "waiting for another one, which holds $cache/archives/.lock-$1"
			flock -w 1800 8 || die "it has held it for half an hour now: end it"
		}
		shift
		for left in "$@"; do
			rm -rf "$left"/.fetch-*
		done
	fi
}

# What others have hooked into apt is for the machine's own packages. A mirror may be an
# old snapshot: its signatures must be good, but need not be of last week.
configure_apt() {
	cat >"$lists/apt.conf" <<-END
		Dir::State "$lists/state";
		Dir::State::status "$lists/status";
		Dir::Cache "$lists/cache";
		Dir::Etc::sourcelist "$lists/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "-";
		Dir::Etc::preferencesparts "-";
		#clear APT::Architectures;
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; "$native"; };
		$([ "$suite" = "$base" ] || echo "APT::Default-Release \"$suite\";")
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Acquire::Check-Valid-Until "false";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
	cat "$status_of" >"$lists/status"
}

configure_sources() {
	archive=$(archive_of "$(os VERSION_CODENAME)")
	[ -n "$archive" ] ||
		cannot "apt on this machine is not configured for an archive of $(os PRETTY_NAME), so that there is none to take $suite from"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keys" ] && keys="[signed-by=$keys] " || keys=
	{
		echo "deb $keys$archive $base main"
		[ "$base" = "$suite" ] || echo "deb $keys$archive $suite main"
		security=$(archive_of "$base-security")
		[ -z "$security" ] || echo "deb $keys$security $base-security main"
	} >"$lists/sources.list"
}

apt() { # COMMAND ARGUMENT...
	program=$1
	shift
	"$program" -q -c "$lists/apt.conf" "$@" 8>&-
}

# The last complaint of apt in a log
complaint() { # LOG
	sed -n 's/^[EW]: //p' "$1" | tail -n 1
}

update() {
	[ "$(os ID)" = debian ] && command -v apt-get >/dev/null ||
		cannot "this is $(os PRETTY_NAME): Debian's packages are fetched on Debian"
	configure_apt
	configure_sources
	if apt apt-get update -o APT::Update::Error-Mode=any >"$lists/log" 2>&1; then
		return
	fi
	ls "$lists"/state/lists/*Packages* >/dev/null 2>&1 ||
		cannot "apt cannot read $(tr '\n' ';' <"$lists/sources.list"): $(complaint "$lists/log")"
	say "the archive cannot be read now, going on with what is known of it: $(complaint "$lists/log")"
}

# What apt would install: "NAME VERSION" for each
resolve() { # PACKAGE...
	apt apt-get -s install "$@" >"$lists/log" 2>&1 ||
		cannot "the archive has no installable $*: $(complaint "$lists/log")"
	sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*/\1 \3/p' "$lists/log"
}

# Into a folder that appears whole or not at all
unpack() { # root|tree FOLDER PACKAGE...
	kind=$1
	to=$2
	shift 2
	mkdir -p "${to%/*}"
	fetch=$(mktemp -d "${to%/*}/.fetch-XXXXXX") || die "cannot write to ${to%/*}"
	trap 'rm -rf "$fetch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$fetch/debs" "$fetch/tree"
	if [ "$kind" = root ]; then
		# Debian 12's packages still have files in them; installed, they are links.
		mkdir -p "$fetch/tree/usr"
		for path in bin sbin lib lib64; do
			mkdir "$fetch/tree/usr/$path"
			ln -s "usr/$path" "$fetch/tree/$path"
		done
	fi
	(cd "$fetch/debs" && apt apt-get download "$@") >"$lists/log" 2>&1 ||
		cannot "cannot download $*: $(complaint "$lists/log")"
	for deb in "$fetch"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$fetch/tree" -x --no-same-owner --keep-directory-symlink ||
			die "cannot unpack $deb: is the disk of $cache full?"
	done
	rm -rf "$to"
	mv "$fetch/tree" "$to"
	rm -rf "$fetch"
	trap - EXIT INT TERM
}

# A whole system's /usr, kept until the archive has other packages
unpack_root() { # FOLDER PACKAGE...
	root=$1
	shift
	resolve "$@" >"$lists/wanted"
	if [ -d "$root" ] && cmp -s "$lists/wanted" "$root/.packages"; then
		return
	fi
	say "downloading $(wc -l <"$lists/wanted") packages for $root"
	# shellcheck disable=SC2046 # names
	unpack root "$root" $(cut -d ' ' -f 1 "$lists/wanted")
	# Links to this machine's files otherwise
	find "$root" -type l -lname '/*' | while IFS= read -r link; do
		ln -sfn "$root$(readlink "$link")" "$link"
	done
	mv "$lists/wanted" "$root/.packages"
}
