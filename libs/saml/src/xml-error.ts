export type XmlErrorReason =
  'too_large' | 'malformed' | 'doctype' | 'processing_instruction' | 'relative_namespace';

/** A document that is not read at all, whoever signed it. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  constructor(
    readonly reason: XmlErrorReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
