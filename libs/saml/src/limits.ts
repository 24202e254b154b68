/** What an IdP sends is a few kilobytes; with a thousand groups it is a hundred. A MiB is a second's work. */
export const LARGEST_MESSAGE = 256 * 1024;
/** Base64 is a third longer, and some IdPs break it into lines. */
export const LONGEST_ENCODED = Math.ceil((LARGEST_MESSAGE * 4) / 3) + 16 * 1024;
/** A logout message in a query string, before and after it is inflated. */
export const LONGEST_QUERY = 32 * 1024;
export const LARGEST_INFLATED = 64 * 1024;
/**
 * Length of a RelayState that is sent back in a URL: 80 bytes by the specification, a few hundred in
 * practice.
 */
export const LONGEST_RELAY_STATE = 4 * 1024;
export const LARGEST_METADATA = 1024 * 1024;
/** Elements within elements; SAML needs about a dozen. */
export const DEEPEST = 40;
export const MOST_ELEMENTS = 10_000;
/**
 * Attributes of one element, namespace declarations included; SAML needs about a dozen. Adding one searches
 * the previous ones.
 */
export const MOST_ATTRIBUTES = 256;
/** Clocks of two companies may differ by this much. */
export const SKEW_MS = 60_000;
