export { DeeplinkModule } from './deeplink.module.js';
