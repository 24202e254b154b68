/** The fields of a multipart/form-data body, as @clickhouse/client sends long parameters. */
export function fieldsOf(body: Buffer, contentType: string): (readonly [name: string, value: string])[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) return [];
  const parts = body.toString('utf8').split(`--${boundary}`).slice(1, -1);
  return parts.flatMap((part) => {
    const split = part.indexOf('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(part.slice(0, split))?.[1];
    return name === undefined ? [] : [[name, part.slice(split + 4, -2)] as const];
  });
}
