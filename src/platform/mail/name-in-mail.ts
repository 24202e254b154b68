const LONGEST = 80;

/**
 * A name chosen by another person, made safe for a mail: on one line, short, and without text that mail
 * programs turn into links. Otherwise an organization's name could lead recipients to a phishing site.
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
