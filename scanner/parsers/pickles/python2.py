"""What Python 3 takes the names of a Python 2 pickle for.

Source: the standard library of Python 2.7 beside that of 3.13; ``_compat_pickle`` has the same facts for the unpickler.
"""

from __future__ import annotations

from typing import Final

_TK: Final = {
    "Dialog": "dialog", "FileDialog": "filedialog", "ScrolledText": "scrolledtext", "SimpleDialog": "simpledialog",
    "Tix": "tix", "Tkconstants": "constants", "Tkdnd": "dnd", "tkColorChooser": "colorchooser",
    "tkCommonDialog": "commondialog", "tkFileDialog": "filedialog", "tkFont": "font", "tkMessageBox": "messagebox",
    "tkSimpleDialog": "simpledialog", "ttk": "ttk",
}  # fmt: skip
_MODULES: Final = {f"{old}": f"tkinter.{new}" for old, new in _TK.items()} | {
    "BaseHTTPServer": "http.server", "CGIHTTPServer": "http.server", "ConfigParser": "configparser",
    "Cookie": "http.cookies", "DocXMLRPCServer": "xmlrpc.server", "HTMLParser": "html.parser", "Queue": "queue",
    "SimpleHTTPServer": "http.server", "SimpleXMLRPCServer": "xmlrpc.server", "SocketServer": "socketserver",
    "StringIO": "io", "Tkinter": "tkinter", "UserDict": "collections", "UserList": "collections",
    "UserString": "collections", "__builtin__": "builtins", "_abcoll": "collections.abc",
    "_elementtree": "xml.etree.ElementTree", "_winreg": "winreg", "anydbm": "dbm", "cPickle": "pickle",
    "cStringIO": "io", "commands": "subprocess", "cookielib": "http.cookiejar", "copy_reg": "copyreg",
    "dbhash": "dbm.bsd", "dbm": "dbm.ndbm", "dumbdbm": "dbm.dumb", "dummy_thread": "_dummy_thread",
    "exceptions": "builtins",
    "gdbm": "dbm.gnu", "htmlentitydefs": "html.entities", "httplib": "http.client", "markupbase": "_markupbase",
    "repr": "reprlib", "robotparser": "urllib.robotparser", "test.test_support": "test.support", "thread": "_thread",
    "urllib2": "urllib.request", "urlparse": "urllib.parse", "whichdb": "dbm", "xmlrpclib": "xmlrpc.client",
}  # fmt: skip
_NAMES: Final = {
    ("UserDict", "IterableUserDict"): ("collections", "UserDict"),
    ("__builtin__", "basestring"): ("builtins", "str"),
    ("__builtin__", "intern"): ("sys", "intern"),
    ("__builtin__", "long"): ("builtins", "int"),
    ("__builtin__", "reduce"): ("functools", "reduce"),
    ("__builtin__", "unichr"): ("builtins", "chr"),
    ("__builtin__", "unicode"): ("builtins", "str"),
    ("__builtin__", "xrange"): ("builtins", "range"),
    ("_multiprocessing", "Connection"): ("multiprocessing.connection", "Connection"),
    ("_socket", "fromfd"): ("socket", "fromfd"),
    ("exceptions", "StandardError"): ("builtins", "Exception"),
    ("itertools", "ifilter"): ("builtins", "filter"),
    ("itertools", "ifilterfalse"): ("itertools", "filterfalse"),
    ("itertools", "imap"): ("builtins", "map"),
    ("itertools", "izip"): ("builtins", "zip"),
    ("itertools", "izip_longest"): ("itertools", "zip_longest"),
    ("multiprocessing", "AuthenticationError"): ("multiprocessing.context", "AuthenticationError"),
    ("multiprocessing", "BufferTooShort"): ("multiprocessing.context", "BufferTooShort"),
    ("multiprocessing", "ProcessError"): ("multiprocessing.context", "ProcessError"),
    ("multiprocessing", "TimeoutError"): ("multiprocessing.context", "TimeoutError"),
    ("multiprocessing.forking", "Popen"): ("multiprocessing.popen_fork", "Popen"),
    ("multiprocessing.process", "Process"): ("multiprocessing.context", "Process"),
    ("socket", "_socketobject"): ("socket", "SocketType"),
    ("urllib2", "HTTPError"): ("urllib.error", "HTTPError"),
    ("urllib2", "URLError"): ("urllib.error", "URLError"),
    ("urllib", "ContentTooShortError"): ("urllib.error", "ContentTooShortError"),
    **{("urllib", name): ("urllib.parse", name) for name in
       ("quote", "quote_plus", "unquote", "unquote_plus", "urlencode")},
    **{("urllib", name): ("urllib.request", name) for name in
       ("getproxies", "pathname2url", "url2pathname", "urlcleanup", "urlopen", "urlretrieve")},
}  # fmt: skip


def modern(module: str, name: str) -> tuple[str, str]:
    """Module and name in Python 3; those it still has are as they were."""
    return _NAMES.get((module, name)) or (_MODULES.get(module, module), name)
