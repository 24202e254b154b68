import type { XmlErrorReason } from './xml-error.js';

export type MetadataErrorReason =
  | XmlErrorReason
  | 'not_metadata'
  | 'no_identity_provider'
  | 'several_identity_providers'
  | 'unknown_entity_id'
  | 'no_endpoint'
  | 'bad_endpoint'
  | 'no_certificate'
  | 'bad_certificate';

/** Metadata that no connection can be made from; the message may be shown to the admin who gave it. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
  constructor(
    readonly reason: MetadataErrorReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
