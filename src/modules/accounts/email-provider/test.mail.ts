/** What SendTest sends. It names no organization: its name comes from others, and it is not needed. */
export function testMail(to: string): { to: string; subject: string; text: string } {
  return {
    to,
    subject: 'Test mail',
    text: [
      'This mail has come by the e-mail provider of your organization: it works.',
      '',
      'You have asked for it in the settings of the organization.',
      '',
    ].join('\n'),
  };
}
