import pg, { type Client, type ClientConfig } from 'pg';

/** The password of the app role, asked for at each new connection; undefined when it stands in the URL for good. */
export type AskedPassword = (() => Promise<string>) | undefined;

/** The class of clients whose password may change while the process runs. */
export function clientAsking(password: AskedPassword): typeof Client {
  if (!password) return pg.Client;
  return class extends pg.Client {
    constructor(config?: string | ClientConfig) {
      super(config);
      // pg calls a function when PostgreSQL asks; one that comes with a URL is replaced by the URL's.
      Object.assign(this, { password });
    }
  };
}
