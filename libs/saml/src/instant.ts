const INSTANT = /^-?\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

/** Parses an xs:dateTime; without a zone it is UTC, as SAML requires. Undefined for other text. */
export function readInstant(text: string): Date | undefined {
  const [whole, , zone] = INSTANT.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const instant = new Date(zone === undefined ? `${whole}Z` : whole);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
