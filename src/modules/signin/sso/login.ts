/** Numbers of dovecote.sso.v1.LoginOutcome. */
export const loginOutcome = { pending: 1, succeeded: 2, refused: 3 } as const;
