/** How a person proved who they are. */
export type Proof = 'code' | 'link' | 'passkey' | 'sso';
