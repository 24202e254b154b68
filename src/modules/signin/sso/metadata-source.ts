import { MetadataError, parseIdpMetadata } from '@dovecote/saml';
import { AppError } from '../../../platform/errors/index.js';
import type { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import type { StoredIdp } from './connection.js';

/** Why metadata cannot be used, in a sentence for the connection's admins. */
export class UnusableMetadata extends Error {
  override readonly name = 'UnusableMetadata';
  constructor(
    message: string,
    options?: ErrorOptions & {
      /** What of the settings is to be changed, if it is not where the metadata is. */
      setting?: 'idp_entity_id';
    },
  ) {
    super(message, options);
    this.setting = options?.setting;
  }

  readonly setting: string | undefined;
}

/** Which provider of several is meant. */
export interface Meant {
  /** Empty or undefined: the only one. */
  idpEntityId?: string;
  /** Entity id of the previous metadata. */
  knownEntityId?: string;
}

const SEVERAL: readonly string[] = ['several_identity_providers', 'unknown_entity_id'];

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
  async fetch(orgId: string, url: string, meant: Meant): Promise<StoredIdp> {
    const response = await this.outbound.get(url, orgId).catch((error: unknown) => {
      // Messages of the outbound client are written for the admin who entered the URL.
      throw error instanceof AppError ? new UnusableMetadata(error.message, { cause: error }) : error;
    });
    if (!response.ok) throw new UnusableMetadata(`The server answered ${response.status} without metadata.`);
    return this.parse(await response.text(), meant);
  }

  /** Throws UnusableMetadata. */
  parse(xml: string, { idpEntityId, knownEntityId }: Meant): StoredIdp {
    try {
      const { certificates, validUntil, ...idp } = parseIdpMetadata(xml, {
        ...this.options,
        entityId: idpEntityId || undefined,
        knownEntityId,
      });
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
      if (error instanceof MetadataError) {
        const setting = SEVERAL.includes(error.reason) ? 'idp_entity_id' : undefined;
        throw new UnusableMetadata(error.message, { cause: error, setting });
      }
      throw error;
    }
  }
}
