/**
 * The attributes of a certificate's subject as one text, the same for every way to write them: `O=Acme, CN=worker`,
 * `CN = worker,O = Acme`, or a line each as Node prints it. A comma within a value is written `\,`.
 */
export function canonicalName(name: string): string {
  return attributesOf(name)
    .map((attribute) => attribute.replace(/\s*=\s*/, '='))
    .sort()
    .join('\n');
}

export function isDistinguishedName(name: string): boolean {
  return attributesOf(name).every((attribute) => /^[A-Za-z][\w.-]*\s*=\s*\S/.test(attribute));
}

function attributesOf(name: string): string[] {
  return name.split(/(?<!\\),|\n/).map((attribute) => attribute.trim());
}
