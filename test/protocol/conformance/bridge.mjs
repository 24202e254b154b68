// The command that connectconformance starts for each server configuration: connects its standard input and output
// to the spec, which runs the server itself. Gone, when the suite ends it, is the connection, and with it the server.
import { connect } from 'node:net';

const socket = connect(process.argv[2]);
process.stdin.pipe(socket, { end: false });
socket.pipe(process.stdout);
