const MOST_VALUES = 1000;

/** What a provider says about a person in JSON. */
export type Claims = Readonly<Record<string, unknown>>;

/** Claims as attributes: every value as text, lists as several values; what is nested is left out. */
export function attributesOf(claims: Claims): Record<string, string[]> {
  const attributes = Object.entries(claims).map(([name, value]): [string, string[]] => {
    const values = Array.isArray(value) ? (value as unknown[]).slice(0, MOST_VALUES) : [value];
    return [storable(name), values.flatMap(textOf)];
  });
  return Object.fromEntries(attributes.filter(([, values]) => values.length > 0));
}

/** Without what JSON can say and a database cannot keep: NUL, and halves of characters. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** Said to the admins where groups are withheld. */
export const overage =
  'The person has more groups than the provider lists in one answer, so it listed none, and the role was left as it is ' +
  '(groups overage). Let the provider send only the groups that are assigned to this application, or application roles.';

/** Whether the provider has verified the address; undefined where it does not say. Some write it as text. */
export function isVerified({ email_verified: said }: Claims): boolean | undefined {
  return said === undefined ? undefined : said === true || said === 'true';
}

/**
 * Whether the provider omitted the groups because there are too many (groups overage): the token has
 * `hasgroups`, or `_claim_names` that refer to an API.
 */
export function areGroupsWithheld(claims: Claims, groupAttribute: string): boolean {
  if (claims.hasgroups === true || claims.hasgroups === 'true') return true;
  const elsewhere = claims._claim_names;
  if (typeof elsewhere !== 'object' || elsewhere === null) return false;
  return Object.hasOwn(elsewhere, groupAttribute === '' ? 'groups' : groupAttribute);
}

function textOf(value: unknown): string[] {
  switch (typeof value) {
    case 'string':
      return [storable(value)];
    case 'number':
    case 'boolean':
      return [String(value)];
    default:
      return [];
  }
}
