import { MetadataError, parseIdpMetadata } from '@dovecote/saml';
import { AppError } from '../../platform/errors/index.js';
import type { OutboundClient } from '../../platform/outbound/outbound-client.js';
import type { StoredIdp } from './connection.js';

/** Why metadata cannot be used, in a sentence for the connection's admins. */
export class UnusableMetadata extends Error {
  override readonly name = 'UnusableMetadata';
}

export interface MetadataSourceOptions {
  /** Providers without TLS, for development. */
  allowHttp: boolean;
}

/** Where the metadata of SAML providers comes from. */
export class MetadataSource {
  constructor(
    private readonly outbound: OutboundClient,
    private readonly options: MetadataSourceOptions,
  ) {}

  /** Throws UnusableMetadata. */
  async fetch(orgId: string, url: string): Promise<StoredIdp> {
    const response = await this.outbound.get(url, orgId).catch((error: unknown) => {
      // The client's refusals are written for whoever chose the address.
      throw error instanceof AppError ? new UnusableMetadata(error.message, { cause: error }) : error;
    });
    if (!response.ok) throw new UnusableMetadata(`The server answered ${response.status}, and no metadata.`);
    return this.parse(await response.text());
  }

  /** Throws UnusableMetadata. */
  parse(xml: string): StoredIdp {
    try {
      const { certificates, validUntil, ...idp } = parseIdpMetadata(xml, this.options);
      return {
        ...idp,
        validUntil: validUntil?.toISOString(),
        certificates: certificates.map(({ notBefore, notAfter, ...certificate }) => ({
          ...certificate,
          notBefore: notBefore.toISOString(),
          notAfter: notAfter.toISOString(),
        })),
      };
    } catch (error) {
      if (error instanceof MetadataError) throw new UnusableMetadata(error.message, { cause: error });
      throw error;
    }
  }
}
