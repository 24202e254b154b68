/** NameIDs of this format are other ones at each login. */
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/**
 * Whether a NameID names the same account for good. An e-mail address does not, unless the provider promises it: it goes
 * to another person one day, and says nothing that the address of the login does not say.
 */
export function isLasting({ nameId, nameIdFormat }: { nameId: string; nameIdFormat: string }): boolean {
  if (nameIdFormat === PERSISTENT) return true;
  return nameIdFormat !== TRANSIENT && !nameId.includes('@');
}

/**
 * The address that counts: of the first attribute that holds a proven one, the one that the member has already, else the
 * first. Directories list the addresses of a person in no particular order.
 */
export function chosenAddress(proven: readonly (readonly string[])[], known?: string): string | undefined {
  const first = proven.find((addresses) => addresses.length > 0);
  return first?.find((address) => address === known) ?? first?.[0];
}
