/** Where the pages are. */
export const ACCOUNT = '/account';
export const JOIN = '/join';
export const SETUP = '/setup/sso';
export const SIGN_IN = '/sign-in';
