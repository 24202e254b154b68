const LONGEST = 80;

/**
 * A name that somebody else chose, as it may stand in a mail of ours: on one line, short, and nothing that a mail program
 * turns into a link. Whoever may name an organization must not send people anywhere in our name.
 */
export function nameInMail(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Z}\s]+/gu, ' ')
    .replaceAll(/\p{L}[\p{L}\p{N}+.-]*:(?=[/\\])/gu, ' ')
    .replaceAll(/[/\\<>@\uFF20\u2044\u2215]+/gu, ' ')
    .replaceAll(/(?<=\S)[.\u3002\uFF0E\uFF61](?=\S)/gu, '·')
    .replaceAll(/ +/g, ' ')
    .trim();
  const characters = [...plain];
  return characters.length <= LONGEST
    ? plain
    : `${characters
        .slice(0, LONGEST - 1)
        .join('')
        .trimEnd()}…`;
}
