export type XmlErrorReason =
  'too_large' | 'malformed' | 'doctype' | 'processing_instruction' | 'relative_namespace';

/** A document that is refused before its signature is checked. */
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
