# Sourced by the scripts here. `build MODULE...` builds what is named; then `jvm` is the command that starts a class of the
# benchmarks.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
results=$root/benchmarks/results
# shellcheck source=../engine/cli/src/main/launcher/jdk25.sh
. "$root/engine/cli/src/main/launcher/jdk25.sh"

build() {
  local home options modules
  home=$(find_jdk25)
  modules=$(IFS=,; echo "$*")
  (cd "$root" && mvn -q -B -ntp -pl "$modules" -am package -Dmaven.test.skip=true)
  # The options of every JVM of the project, except that here its modules are on the class path.
  options=$(sed -n 's:.*<donna.jvmArgs>\(.*\)</donna.jvmArgs>.*:\1:p' "$root/pom.xml" |
    sed 's:\(--enable-native-access\)=[^ ]*:\1=ALL-UNNAMED:')
  # shellcheck disable=SC2206
  jvm=("$home/bin/java" $options -Xmx1g -cp "$root/benchmarks/target/classes:$root/benchmarks/target/lib/*")
}

# The folder that holds the peer named.
peer_folder() {
  local folder=${DONNA_SHARED:-$root/../shared}/peer
  [ -f "$folder/$1" ] || { echo "peers: $folder has no $1; name the folder above it in DONNA_SHARED" >&2; return 1; }
  (cd "$folder" && pwd)
}
