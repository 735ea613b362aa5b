CREATE TABLE users (
	id VARCHAR NOT NULL, 
	email VARCHAR(255) NOT NULL, 
	full_name VARCHAR(255) NOT NULL, 
	company VARCHAR(255), 
	department VARCHAR(100), 
	created_at DATETIME, 
	last_login_at DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE twins (
	id VARCHAR NOT NULL, 
	user_id VARCHAR NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT, 
	is_shared BOOLEAN, 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE sessions (
	id VARCHAR NOT NULL, 
	user_id VARCHAR NOT NULL, 
	twin_id VARCHAR NOT NULL, 
	platform VARCHAR(50) NOT NULL, 
	title VARCHAR(500), 
	topic VARCHAR(255), 
	is_shared_twin BOOLEAN, 
	started_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	FOREIGN KEY(twin_id) REFERENCES twins (id) ON DELETE CASCADE
);
CREATE TABLE messages (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	sender_type VARCHAR(20) NOT NULL, 
	content TEXT NOT NULL, 
	message_type VARCHAR(20), 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE TABLE documents (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	message_id VARCHAR, 
	document_type VARCHAR(100), 
	title VARCHAR(500), 
	word_count INTEGER NOT NULL, 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE, 
	FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE SET NULL
);
CREATE TABLE queries (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	message_id VARCHAR, 
	query_text TEXT NOT NULL, 
	query_type VARCHAR(50), 
	results_count INTEGER, 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE, 
	FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_last_login_at ON users (last_login_at);
CREATE INDEX ix_twins_user_id ON twins (user_id);
CREATE INDEX ix_twins_is_shared ON twins (is_shared);
CREATE INDEX ix_sessions_started_at ON sessions (started_at);
CREATE INDEX ix_sessions_twin_id ON sessions (twin_id);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE INDEX ix_sessions_is_shared_twin ON sessions (is_shared_twin);
CREATE INDEX ix_messages_message_type ON messages (message_type);
CREATE INDEX ix_messages_session_id ON messages (session_id);
CREATE INDEX ix_documents_message_id ON documents (message_id);
CREATE INDEX ix_documents_session_id ON documents (session_id);
CREATE INDEX ix_queries_session_id ON queries (session_id);
CREATE INDEX ix_queries_message_id ON queries (message_id);
