export { OrgEmailProvidersService } from './orgemailproviders_pb.js';
