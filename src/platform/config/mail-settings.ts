import type { Values } from './variables.js';

/** By whom mail leaves. */
export interface MailSettings {
  /** Absent: mail is captured. */
  readonly smtpUrl?: string;
  readonly from: string;
  /** Addresses of the APIs of mail providers, without a slash at the end. */
  readonly apis: Readonly<Record<'resend' | 'sendgrid' | 'postmark', string>>;
}

export function mailOf(values: Values): MailSettings {
  const bare = (url: string): string => url.replace(/\/+$/, '');
  return {
    smtpUrl: values.SMTP_URL,
    from: values.MAIL_FROM,
    apis: {
      resend: bare(values.RESEND_URL),
      sendgrid: bare(values.SENDGRID_URL),
      postmark: bare(values.POSTMARK_URL),
    },
  };
}
