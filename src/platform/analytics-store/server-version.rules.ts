/** The oldest ClickHouse that understands every statement, as [year, release]. */
const oldest: readonly [number, number] = [25, 8];

/** What is wrong with a server of this version; undefined: nothing. */
export function versionProblem(version: string): string | undefined {
  const [year = 0, release = 0] = version.split('.').map(Number);
  const isNewEnough = year > oldest[0] || (year === oldest[0] && release >= oldest[1]);
  return isNewEnough
    ? undefined
    : `ClickHouse ${version} is too old: ${oldest.join('.')} or newer is needed.`;
}
