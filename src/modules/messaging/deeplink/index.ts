export { DeeplinkModule } from './deeplink.module.js';
export { DeeplinkTokens } from './deeplink.service.js';
