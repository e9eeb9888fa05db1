# Sourced: builds what is needed and sets donna to the command. The working directory becomes the project's.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

donna=engine/cli/target/donna/bin/donna
if [ ! -x "$donna" ] || [ -n "$(find pom.xml native engine -path '*/target' -prune -o -type f -newer "$donna" \
  \( -name '*.java' -o -name pom.xml -o -path '*/src/main/*' \) -print -quit)" ]; then
  command -v mvn >/dev/null || { echo "$(basename "$0"): Maven is missing; install it, for example 'apt-get install maven'" >&2; exit 1; }
  echo "Building DONNA ..." >&2
  mvn -q -B -ntp -DskipTests -pl engine/cli -am package
  touch "$donna"
fi
