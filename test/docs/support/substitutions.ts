/** What is otherwise on a reader's machine than on the one that runs the specs. */
export interface Surroundings {
  /** Where the server of the spec answers. */
  url: string;
  /** What a server of the reader keeps in `data`. */
  dataDir?: string;
  /** The demo API key, for programs that a reader pastes it into. */
  apiKey?: string;
  /** The owner's connection to a PostgreSQL of the operator. */
  databaseUrl?: string;
  smtpUrl?: string;
  /** An identity provider's metadata. */
  metadataUrl?: string;
}

/** The only differences between what a page says and what its spec runs. */
export function substitute(code: string, surroundings: Surroundings): string {
  const { url, dataDir, apiKey, databaseUrl, smtpUrl, metadataUrl } = surroundings;
  const pairs: readonly [string, string | undefined][] = [
    ['http://127.0.0.1:8080', url],
    ['127.0.0.1:8080', url.replace('http://', '')],
    ['data/demo-api-key', dataDir && `${dataDir}/demo-api-key`],
    ['pidgr_k_…', apiKey],
    ['postgresql://dovecote:secret@db.internal:5432/dovecote', databaseUrl],
    ['smtp://mail.internal:587', smtpUrl],
    ['https://idp.example.com/metadata', metadataUrl],
  ];
  return pairs.reduce(
    (text, [page, here]) => (here === undefined ? text : text.replaceAll(page, here)),
    code,
  );
}
