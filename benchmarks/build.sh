# Sourced by the scripts here. `build MODULE...` builds what is named, once for all scripts that call each other; then `jvm` is the command that starts a
# class of the benchmarks. With DONNA_BENCH_BUNDLE=yes nothing is built: what `benchmarks/gpu --prepare` packed runs, with its own Java.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
results=$root/benchmarks/results
bundle=$root/benchmarks/target/gpu
# shellcheck source=../engine/cli/src/main/launcher/jdk25.sh
. "$root/engine/cli/src/main/launcher/jdk25.sh"

build() {
  local home options modules
  if [ -n "${DONNA_BENCH_BUNDLE:-}" ]; then
    unpack
    return
  fi
  home=$(find_jdk25)
  modules=$(IFS=,; echo "$*")
  if [ "${DONNA_BENCH_BUILT:-}" != "$modules" ]; then
    (cd "$root" && mvn -q -B -ntp -pl "$modules" -am package -Dmaven.test.skip=true)
    export DONNA_BENCH_BUILT=$modules
  fi
  # The options of every JVM of the project, except that here its modules are on the class path.
  options=$(sed -n 's:.*<donna.jvmArgs>\(.*\)</donna.jvmArgs>.*:\1:p' "$root/pom.xml" |
    sed 's:\(--enable-native-access\)=[^ ]*:\1=ALL-UNNAMED:')
  # shellcheck disable=SC2206
  jvm=("$home/bin/java" $options -Xmx1g -cp "$root/benchmarks/target/classes:$root/benchmarks/target/lib/*")
}

# Unpacks the bundle once for each version of what was packed: `place` says where, `jvm` starts its Java.
unpack() {
  local options
  [ -f "$bundle/runtime.tar.xz" ] || { echo "$bundle is not there; make it with benchmarks/gpu --prepare, here or elsewhere" >&2; return 1; }
  place=${TMPDIR:-/tmp}/donna-gpu-$(cat "$bundle/libraries.tar.xz" "$bundle/runtime.tar.xz" | sha256sum | cut -c1-16)
  if [ ! -d "$place" ]; then
    mkdir -p "$place.new/runtime" "$place.new/lib"
    extract "$bundle/runtime.tar.xz" "$place.new/runtime"
    extract "$bundle/libraries.tar.xz" "$place.new/lib"
    mv "$place.new" "$place"
  fi
  if [ -f "$bundle/data.tar.xz" ] && [ ! -d "$place/data" ]; then
    mkdir -p "$place/data"
    extract "$bundle/data.tar.xz" "$place/data"
  fi
  mapfile -t options <"$bundle/jvm.options"
  jvm=("$place/runtime/bin/java" "${options[@]}" -Xmx1g -cp "$bundle/lib/*:$place/lib/*")
}

extract() {
  if command -v xz >/dev/null; then
    tar -C "$2" -xJf "$1"
  else
    "${python:-python3}" -m tarfile -e "$1" "$2"
  fi
}

# The folder that holds the peer named.
peer_folder() {
  local folder=${DONNA_SHARED:-$root/../shared}/peer
  [ -z "${DONNA_BENCH_BUNDLE:-}" ] || folder=$bundle
  [ -f "$folder/$1" ] || { echo "peers: $folder has no $1; name the folder above it in DONNA_SHARED" >&2; return 1; }
  (cd "$folder" && pwd)
}
