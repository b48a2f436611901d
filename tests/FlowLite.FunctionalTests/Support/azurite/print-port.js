// Azurite prints the port that it was told, which is 0 here, and not the one that it got.
const net = require('net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  this.once('listening', () => console.log(`Now listening on: http://127.0.0.1:${this.address().port}`));
  return listen.apply(this, given);
};
