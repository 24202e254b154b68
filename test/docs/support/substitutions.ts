/** What is otherwise on a reader's machine than on the one that runs the specs. */
export interface Surroundings {
  /** Where the server of the spec answers. */
  url: string;
  /** What a server of the reader keeps in `data`. */
  dataDir?: string;
  /** The demo API key, for programs that a reader pastes it into. */
  apiKey?: string;
  /** The public key of a project, for pages that a reader pastes it into. */
  publicKey?: string;
  /** The owner's connection to a PostgreSQL of the operator. */
  databaseUrl?: string;
  smtpUrl?: string;
  /** Where a process of the spec tells its figures. */
  metricsPort?: number;
  /** An identity provider's metadata. */
  metadataUrl?: string;
  /** What stands for `…` in `"connectionId":"…"`, by the name of the field. */
  ids?: Readonly<Record<string, string>>;
}

/** The only differences between what a page says and what its spec runs. */
export function substitute(code: string, surroundings: Surroundings): string {
  const {
    url,
    dataDir,
    apiKey,
    publicKey,
    databaseUrl,
    smtpUrl,
    metricsPort,
    metadataUrl,
    ids = {},
  } = surroundings;
  const pairs: readonly [string, string | number | undefined][] = [
    ...Object.entries(ids).map(([field, id]): [string, string] => [`"${field}":"…"`, `"${field}":"${id}"`]),
    ['http://127.0.0.1:8080', url],
    ['127.0.0.1:8080', url.replace('http://', '')],
    ['data/demo-api-key', dataDir && `${dataDir}/demo-api-key`],
    ['pidgr_k_…', apiKey],
    ['pub_…', publicKey],
    ['postgresql://dovecote_owner:secret@db.internal:5432/dovecote', databaseUrl],
    ['smtp://mail.internal:587', smtpUrl],
    ['METRICS_PORT=9464', metricsPort && `METRICS_PORT=${metricsPort}`],
    ['127.0.0.1:9464', metricsPort && `127.0.0.1:${metricsPort}`],
    ['https://idp.example.com/metadata', metadataUrl],
  ];
  return pairs.reduce((text, [page, here]) => (here ? text.replaceAll(page, String(here)) : text), code);
}
