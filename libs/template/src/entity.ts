const ENTITY = /^&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));$/i;
const NAMED = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }));

/** The character of a Markdown entity; other text stays unchanged. */
export function decodeEntity(entity: string): string {
  const [, decimal, hexadecimal, name] = ENTITY.exec(entity) ?? [];
  if (name !== undefined) return NAMED.get(name) ?? entity;
  if (decimal === undefined && hexadecimal === undefined) return entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : '\ufffd';
}
