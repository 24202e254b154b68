/** A message to one person, in plain text. */
export interface Mail {
  to: string;
  /**
   * What strangers can cause, and an address gets so many of in a day; absent for news, which always leaves, and leaves by the
   * operator's delivery.
   */
  kind?: 'code' | 'invitation';
  subject: string;
  text: string;
  /** Pointless afterwards, such as an expired code: then it is dropped instead of delivered late. */
  notAfter?: Date;
}

/** A mail with its recipient, ready to be sent. */
export interface OutgoingMail extends Mail {
  /** The same on every attempt, so that a mailbox shows the mail once even if it was delivered twice. */
  id: string;
}
