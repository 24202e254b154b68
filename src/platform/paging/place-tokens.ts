import { type Envelope, openToken, sealToken, UnsealError } from '@dovecote/secret';
import { z } from 'zod';

/** Tokens of places in lists: opaque, authenticated, and valid only for the list that `binding` identifies. */
export class PlaceTokens {
  constructor(private readonly envelope: Envelope) {}

  seal(place: readonly unknown[], binding: readonly string[]): string {
    return sealToken(this.envelope, place, ['page', ...binding]);
  }

  /** Undefined for a token that this list has not issued. */
  open<Place>(token: string, binding: readonly string[], schema: z.ZodType<Place>): Place | undefined {
    try {
      return schema.parse(openToken(this.envelope, token, ['page', ...binding]));
    } catch (error) {
      if (error instanceof UnsealError || error instanceof z.ZodError) return undefined;
      throw error;
    }
  }
}
