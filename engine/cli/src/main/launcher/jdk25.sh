# Sourced: find_jdk25 prints the home of a JDK 25, the one named by JDK25_HOME, else by JAVA_HOME, else the first found in a usual
# place; where there is none it says what to install and fails.

is_jdk25() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[".+-]' "$1/release"
}

find_jdk25() {
  local candidate
  if [ -n "${JDK25_HOME:-}" ]; then
    is_jdk25 "$JDK25_HOME" || { echo "donna: JDK25_HOME=$JDK25_HOME is not a JDK 25; correct or unset it" >&2; return 1; }
    echo "$JDK25_HOME"
    return
  fi
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/*25* /opt/java/*25* /usr/java/*25* "$HOME"/.jdks/*25* \
    "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/25* "${ASDF_DATA_DIR:-$HOME/.asdf}"/installs/java/*25* \
    "$HOME"/.local/share/mise/installs/java/*25* /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -n "$candidate" ] && is_jdk25 "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo "donna: no JDK 25 found; install one, for example Temurin 25, or name it in JDK25_HOME" >&2
  return 1
}
