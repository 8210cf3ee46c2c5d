/**
 * The name, or the name with a number behind it when it is taken already; databases do not tell names apart that
 * differ only in case.
 * @param taken names in lower case, to which the result is added
 */
export function uniqueName(wanted: string, taken: Set<string>): string {
  const stem = wanted === '' ? 'column' : wanted;
  let name = stem;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${stem}_${number}`;
  taken.add(name.toLowerCase());
  return name;
}
