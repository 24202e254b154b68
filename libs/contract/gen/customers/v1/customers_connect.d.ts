export { CustomersService } from './customers_pb.js';
