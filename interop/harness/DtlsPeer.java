import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * A client or a server of JSSE over datagrams, for interop tests: prints what it hears, says the lines of its standard input.
 *
 * Options, as name=value: role, port, keys and trust (PKCS#12, password "secret"), suite, protocol, mtu, auth (want nothing or need),
 * alpn, times (connections of one context, one after the other).
 */
public class DtlsPeer {
  private static final int POLL = 100;
  private static final int FLIGHT_TIMEOUT = 600;

  private final DatagramSocket socket;
  private final SSLEngine engine;
  private SocketAddress peer;
  private final ByteBuffer plain = ByteBuffer.allocate(70000);

  private DtlsPeer(DatagramSocket socket, SSLEngine engine, SocketAddress peer) {
    this.socket = socket;
    this.engine = engine;
    this.peer = peer;
  }

  public static void main(String[] arguments) throws Exception {
    java.util.Map<String, String> options = new java.util.HashMap<>();
    for (String argument : arguments) options.put(argument.split("=", 2)[0], argument.split("=", 2)[1]);
    boolean isClient = options.get("role").equals("client");
    SSLContext context = SSLContext.getInstance(options.getOrDefault("context", "DTLS"));
    KeyManagerFactory keys = null;
    if (options.containsKey("keys")) {
      keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store(options.get("keys")), "secret".toCharArray());
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store(options.get("trust")));
    context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
    int port = Integer.parseInt(options.get("port"));
    int times = Integer.parseInt(options.getOrDefault("times", "1"));
    ConcurrentLinkedQueue<String> lines = readLines();
    DatagramSocket shared = isClient ? null : new DatagramSocket(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
    System.out.println("READY");
    for (int time = 0; time < times; time++) {
      SSLEngine engine = context.createSSLEngine("localhost", 0);
      engine.setUseClientMode(isClient);
      configure(engine, options, isClient);
      DatagramSocket socket = isClient ? new DatagramSocket() : shared;
      InetSocketAddress target = isClient ? new InetSocketAddress("127.0.0.1", port) : null;
      new DtlsPeer(socket, engine, target).run(lines, time);
    }
  }

  private static KeyStore store(String path) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (FileInputStream in = new FileInputStream(new File(path))) {
      store.load(in, "secret".toCharArray());
    }
    return store;
  }

  private static void configure(SSLEngine engine, java.util.Map<String, String> options, boolean isClient) {
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(new String[] {options.getOrDefault("protocol", "DTLSv1.2")});
    if (options.containsKey("suite")) parameters.setCipherSuites(new String[] {options.get("suite")});
    if (options.containsKey("mtu")) parameters.setMaximumPacketSize(Integer.parseInt(options.get("mtu")));
    if (options.containsKey("alpn")) parameters.setApplicationProtocols(new String[] {options.get("alpn")});
    if (isClient) {
      parameters.setServerNames(List.of(new SNIHostName("localhost")));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    parameters.setNeedClientAuth("need".equals(options.get("auth")));
    // JSSE's default is true for servers.
    parameters.setEnableRetransmissions(true);
    engine.setSSLParameters(parameters);
  }

  private static ConcurrentLinkedQueue<String> readLines() {
    ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
    Thread reader = new Thread(() -> {
      try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in))) {
        for (String line = in.readLine(); line != null; line = in.readLine()) lines.add(line);
      } catch (java.io.IOException end) {
        // No more lines.
      }
    });
    reader.setDaemon(true);
    reader.start();
    return lines;
  }

  private void run(ConcurrentLinkedQueue<String> lines, int time) throws Exception {
    engine.beginHandshake();
    shakeHands();
    String alpn = engine.getApplicationProtocol();
    System.out.println("CONNECTED " + time + " " + engine.getSession().getProtocol() + " " + engine.getSession().getCipherSuite()
        + " " + alpn + " created " + engine.getSession().getCreationTime());
    while (true) {
      String line = lines.poll();
      if (line != null && line.equals("close")) {
        engine.closeOutbound();
        wrapAll();
        return;
      }
      if (line != null) send(line + "\n");
      if (receive(POLL)) deliver();
      if (engine.isInboundDone()) {
        wrapAll();
        System.out.println("CLOSED");
        return;
      }
      // A repeated flight of the peer's: JSSE answers it by going back to a handshake.
      if (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) shakeHands();
    }
  }

  private void shakeHands() throws Exception {
    long sent = System.currentTimeMillis();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NOT_HANDSHAKING:
        case FINISHED:
          return;
        case NEED_TASK:
          for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) task.run();
          break;
        case NEED_WRAP:
          wrapAll();
          sent = System.currentTimeMillis();
          break;
        case NEED_UNWRAP_AGAIN:
          unwrap(ByteBuffer.allocate(0));
          break;
        case NEED_UNWRAP:
          if (receive(POLL)) {
            deliver();
          } else if (System.currentTimeMillis() - sent > FLIGHT_TIMEOUT) {
            // With retransmissions on, a wrap when an unwrap is needed sends the last flight again.
            wrapOnce();
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) wrapOnce();
            sent = System.currentTimeMillis();
          }
          break;
      }
    }
  }

  private boolean receive(int timeout) throws Exception {
    byte[] buffer = new byte[70000];
    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
    socket.setSoTimeout(timeout);
    try {
      socket.receive(packet);
    } catch (SocketTimeoutException none) {
      return false;
    }
    if (peer == null) peer = packet.getSocketAddress();
    if (!peer.equals(packet.getSocketAddress())) return false;
    ByteBuffer records = ByteBuffer.wrap(buffer, 0, packet.getLength());
    while (records.hasRemaining()) {
      int before = records.remaining();
      SSLEngineResult.Status status = unwrap(records);
      for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) task.run();
      if (status == SSLEngineResult.Status.CLOSED) break;
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) wrapAll();
      if (records.remaining() == before) break;
    }
    return true;
  }

  private SSLEngineResult.Status unwrap(ByteBuffer records) throws Exception {
    return engine.unwrap(records, plain).getStatus();
  }

  private void deliver() {
    plain.flip();
    byte[] heard = new byte[plain.remaining()];
    plain.get(heard);
    plain.clear();
    System.out.print(new String(heard, StandardCharsets.UTF_8));
    System.out.flush();
  }

  private void send(String text) throws Exception {
    ByteBuffer out = ByteBuffer.allocate(70000);
    engine.wrap(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), out);
    transmit(out);
  }

  private void wrapAll() throws Exception {
    do {
      wrapOnce();
      for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) task.run();
    } while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
  }

  private void wrapOnce() throws Exception {
    ByteBuffer out = ByteBuffer.allocate(70000);
    engine.wrap(ByteBuffer.allocate(0), out);
    transmit(out);
  }

  private void transmit(ByteBuffer out) throws Exception {
    out.flip();
    if (!out.hasRemaining() || peer == null) return;
    byte[] datagram = new byte[out.remaining()];
    out.get(datagram);
    socket.send(new DatagramPacket(datagram, datagram.length, peer));
  }
}
